// SPDX-License-Identifier: GPL-2.0-only
/* What the device did, for monitors that watch it: Documentation/ABI/testing/sysfs-driver-v3npu. */

#include <linux/device.h>
#include <linux/sysfs.h>

#include "v3npu_drv.h"
#include "v3npu_stats.h"
#include "v3npu_sysfs.h"

static ssize_t npu_busy_time_us_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct v3npu_totals totals;
	ktime_t busy;

	v3npu_stats_read(dev_get_drvdata(dev), &totals, &busy);

	return sysfs_emit(buf, "%lld\n", ktime_to_us(busy));
}
static DEVICE_ATTR_RO(npu_busy_time_us);

static struct attribute *v3npu_attrs[] = {
	&dev_attr_npu_busy_time_us.attr,
	NULL
};

static const struct attribute_group v3npu_group = {
	.attrs = v3npu_attrs,
};

/*
 * A file of the group "counters" for a field of struct v3npu_totals. Only for root: what
 * one user computes could be told from the bytes that it moves.
 */
#define V3NPU_COUNTER(name, field)							\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)\
{											\
	struct v3npu_totals totals;							\
	ktime_t busy;									\
											\
	v3npu_stats_read(dev_get_drvdata(dev), &totals, &busy);				\
											\
	return sysfs_emit(buf, "%llu\n", totals.field);					\
}											\
static DEVICE_ATTR_ADMIN_RO(name)

V3NPU_COUNTER(jobs_done, jobs_done);
V3NPU_COUNTER(jobs_failed, jobs_failed);
V3NPU_COUNTER(commands, commands);
V3NPU_COUNTER(cycles, counters.cycles);
V3NPU_COUNTER(macs, counters.macs);
V3NPU_COUNTER(dram_read_bytes, counters.dram_read);
V3NPU_COUNTER(dram_write_bytes, counters.dram_write);
V3NPU_COUNTER(sram_read_bytes, counters.sram_read);
V3NPU_COUNTER(sram_write_bytes, counters.sram_write);

static ssize_t resets_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct v3npu_device *vdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(vdev->reset.count));
}
static DEVICE_ATTR_ADMIN_RO(resets);

static ssize_t preemptions_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct v3npu_device *vdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(vdev->stats.preemptions));
}
static DEVICE_ATTR_ADMIN_RO(preemptions);

static struct attribute *v3npu_counter_attrs[] = {
	&dev_attr_jobs_done.attr,
	&dev_attr_jobs_failed.attr,
	&dev_attr_commands.attr,
	&dev_attr_cycles.attr,
	&dev_attr_macs.attr,
	&dev_attr_dram_read_bytes.attr,
	&dev_attr_dram_write_bytes.attr,
	&dev_attr_sram_read_bytes.attr,
	&dev_attr_sram_write_bytes.attr,
	&dev_attr_preemptions.attr,
	&dev_attr_resets.attr,
	NULL
};

static const struct attribute_group v3npu_counter_group = {
	.name = "counters",
	.attrs = v3npu_counter_attrs,
};

const struct attribute_group *v3npu_dev_groups[] = {
	&v3npu_group,
	&v3npu_counter_group,
	NULL
};
