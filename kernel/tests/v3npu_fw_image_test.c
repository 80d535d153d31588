// SPDX-License-Identifier: GPL-2.0-only
/* The check of the firmware's image file. */

#include <linux/crc32.h>
#include <linux/slab.h>

#include <kunit/device.h>
#include <kunit/test.h>

#include "v3npu/fw.h"
#include "v3npu/ipc.h"

#include "v3npu_fw_image.h"

#define V3NPU_TEST_PAYLOAD	64

/**
 * struct v3npu_test_image - an image that is right, for each test to change
 * @dev: whom it is for
 * @hdr: header
 * @payload: its payload
 */
struct v3npu_test_image {
	struct device *dev;
	struct v3npu_fw_header hdr;
	u8 payload[V3NPU_TEST_PAYLOAD];
};

/* Bytes of the file */
#define V3NPU_TEST_SIZE		(sizeof(struct v3npu_fw_header) + V3NPU_TEST_PAYLOAD)

static u32 v3npu_test_crc(const void *data, size_t size)
{
	return ~crc32_le(~0, data, size);
}

/* Make the header's checksum right again, so that what is wrong is only what the test changed */
static void v3npu_test_seal(struct v3npu_test_image *image)
{
	image->hdr.header_crc = v3npu_test_crc(&image->hdr,
					       offsetof(struct v3npu_fw_header, header_crc));
}

static int v3npu_fw_image_init(struct kunit *test)
{
	struct v3npu_test_image *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->dev = kunit_device_register(test, "v3npu");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, image->dev);
	for (i = 0; i < V3NPU_TEST_PAYLOAD; i++)
		image->payload[i] = 3 * i + 1;
	image->hdr = (struct v3npu_fw_header){
		.magic = V3NPU_FW_MAGIC,
		.header_version = V3NPU_FW_HEADER_VERSION,
		.header_size = sizeof(image->hdr),
		.payload_size = V3NPU_TEST_PAYLOAD,
		.payload_crc = v3npu_test_crc(image->payload, V3NPU_TEST_PAYLOAD),
		.ipc_version = V3NPU_IPC_VERSION,
		.fw_version = 0x010203,
	};
	v3npu_test_seal(image);
	test->priv = image;

	return 0;
}

/* The file as the driver gets it: of exactly @size bytes, so that KASAN sees reads beyond */
static u8 *v3npu_test_file(struct kunit *test, size_t size)
{
	struct v3npu_test_image *image = test->priv;
	u8 *file = kunit_kzalloc(test, size, GFP_KERNEL);
	size_t hdr = min(size, sizeof(image->hdr));

	KUNIT_ASSERT_NOT_NULL(test, file);
	memcpy(file, &image->hdr, hdr);
	memcpy(file + hdr, image->payload, min_t(size_t, size - hdr, V3NPU_TEST_PAYLOAD));

	return file;
}

static int v3npu_test_check(struct kunit *test)
{
	struct v3npu_test_image *image = test->priv;
	u8 *file = v3npu_test_file(test, V3NPU_TEST_SIZE);

	return v3npu_fw_image_check(image->dev, file, V3NPU_TEST_SIZE);
}

/* Whether the reason that is given has @text in it */
static void v3npu_test_damage(struct kunit *test, const char *text)
{
	u8 *file = v3npu_test_file(test, V3NPU_TEST_SIZE);
	const char *damage = v3npu_fw_image_damage(file, V3NPU_TEST_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, damage);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(damage, text), "\"%s\" has no \"%s\"", damage,
				  text);
}

static void v3npu_fw_image_good_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), 0);
}

static void v3npu_fw_image_truncated_test(struct kunit *test)
{
	size_t size;

	for (size = 0; size < V3NPU_TEST_SIZE; size++)
		KUNIT_EXPECT_NOT_NULL_MSG(test,
					  v3npu_fw_image_damage(v3npu_test_file(test, size), size),
					  "%zu bytes", size);
	for (size++; size < V3NPU_TEST_SIZE + 8; size++)
		KUNIT_EXPECT_NOT_NULL_MSG(test,
					  v3npu_fw_image_damage(v3npu_test_file(test, size), size),
					  "%zu bytes", size);
}

/* But for the header's version: an image of another one is not damaged */
static void v3npu_fw_image_flipped_bits_test(struct kunit *test)
{
	u8 *file = v3npu_test_file(test, V3NPU_TEST_SIZE);
	size_t bit;

	for (bit = 0; bit < 8 * V3NPU_TEST_SIZE; bit++) {
		if (bit / 32 == offsetof(struct v3npu_fw_header, header_version) / 4)
			continue;
		file[bit / 8] ^= BIT(bit % 8);
		KUNIT_EXPECT_NOT_NULL_MSG(test, v3npu_fw_image_damage(file, V3NPU_TEST_SIZE),
					  "bit %zu", bit);
		file[bit / 8] ^= BIT(bit % 8);
	}
	KUNIT_EXPECT_NULL(test, v3npu_fw_image_damage(file, V3NPU_TEST_SIZE));
}

static void v3npu_fw_image_magic_test(struct kunit *test)
{
	struct v3npu_test_image *image = test->priv;

	image->hdr.magic = swab32(V3NPU_FW_MAGIC);
	v3npu_test_seal(image);
	v3npu_test_damage(test, "not a V3NPU firmware image");
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), -EINVAL);
}

static void v3npu_fw_image_versions_test(struct kunit *test)
{
	struct v3npu_test_image *image = test->priv;

	image->hdr.ipc_version = V3NPU_IPC_VERSION + 1;
	v3npu_test_seal(image);
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), -EINVAL);
	image->hdr.ipc_version = 0;
	v3npu_test_seal(image);
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), -EINVAL);

	/* What follows may be anything then */
	image->hdr.ipc_version = V3NPU_IPC_VERSION;
	image->hdr.header_version = V3NPU_FW_HEADER_VERSION + 1;
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), -EINVAL);
}

static void v3npu_fw_image_header_size_test(struct kunit *test)
{
	static const u32 bad[] = { 0, sizeof(struct v3npu_fw_header) - 4,
				   sizeof(struct v3npu_fw_header) + 4, 0xffffffff };
	struct v3npu_test_image *image = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		image->hdr.header_size = bad[i];
		v3npu_test_seal(image);
		v3npu_test_damage(test, "header has another size");
	}
}

static void v3npu_fw_image_payload_size_test(struct kunit *test)
{
	/* The last ones become small when a header's size is added to them */
	static const u32 bad[] = { 0, 1, V3NPU_TEST_PAYLOAD + 2, V3NPU_FW_LIMIT + 4, 0x80000000,
				   0xffffffe0, 0xfffffffc, 0xffffffff };
	struct v3npu_test_image *image = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		image->hdr.payload_size = bad[i];
		v3npu_test_seal(image);
		v3npu_test_damage(test, "does not fit the control core");
	}

	image->hdr.payload_size = V3NPU_TEST_PAYLOAD - 4;
	v3npu_test_seal(image);
	v3npu_test_damage(test, "shorter or longer than its header says");
	image->hdr.payload_size = V3NPU_FW_LIMIT;
	v3npu_test_seal(image);
	v3npu_test_damage(test, "shorter or longer than its header says");
}

static void v3npu_fw_image_largest_test(struct kunit *test)
{
	const size_t size = sizeof(struct v3npu_fw_header) + V3NPU_FW_LIMIT;
	struct v3npu_test_image *image = test->priv;
	u8 *file = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	image->hdr.payload_size = V3NPU_FW_LIMIT;
	image->hdr.payload_crc = v3npu_test_crc(file + sizeof(image->hdr), V3NPU_FW_LIMIT);
	v3npu_test_seal(image);
	memcpy(file, &image->hdr, sizeof(image->hdr));
	KUNIT_EXPECT_EQ(test, v3npu_fw_image_check(image->dev, file, size), 0);
	kvfree(file);
}

static void v3npu_fw_image_checksums_test(struct kunit *test)
{
	struct v3npu_test_image *image = test->priv;

	image->hdr.fw_version++;
	v3npu_test_damage(test, "header's checksum is wrong");
	v3npu_test_seal(image);
	KUNIT_EXPECT_EQ(test, v3npu_test_check(test), 0);
	image->payload[V3NPU_TEST_PAYLOAD - 1]++;
	v3npu_test_damage(test, "payload's checksum is wrong");
}

static struct kunit_case v3npu_fw_image_cases[] = {
	KUNIT_CASE(v3npu_fw_image_good_test),
	KUNIT_CASE(v3npu_fw_image_truncated_test),
	KUNIT_CASE(v3npu_fw_image_flipped_bits_test),
	KUNIT_CASE(v3npu_fw_image_magic_test),
	KUNIT_CASE(v3npu_fw_image_versions_test),
	KUNIT_CASE(v3npu_fw_image_header_size_test),
	KUNIT_CASE(v3npu_fw_image_payload_size_test),
	KUNIT_CASE(v3npu_fw_image_largest_test),
	KUNIT_CASE(v3npu_fw_image_checksums_test),
	{ }
};

static struct kunit_suite v3npu_fw_image_suite = {
	.name = "v3npu_fw_image",
	.init = v3npu_fw_image_init,
	.test_cases = v3npu_fw_image_cases,
};

kunit_test_suite(v3npu_fw_image_suite);
