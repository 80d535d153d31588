// SPDX-License-Identifier: MIT
/*
 * detect: the objects that a YOLO model finds in a picture.
 *
 *	detect MODEL PICTURE [DEVICE [OUT.png]]
 *
 * PICTURE is a JPEG or PNG file; OUT.png gets the picture with the objects drawn in.
 */
#include <stdio.h>
#include <v3npu_vision.h>

#define LOWEST_SCORE	0.5f

static int detect(struct v3npu_session *session, const struct v3npu_detector *detector,
		  struct v3npu_image *image, const char *out)
{
	const struct v3npu_detect_options options = {
		.struct_size = sizeof(options), .conf = LOWEST_SCORE, .iou = V3NPU_DETECT_IOU,
	};
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	struct v3npu_detections *found;
	int ret = v3npu_detector_run(detector, session, image, &options, &found);
	size_t k;

	if (ret)
		return ret;
	for (k = 0; k < v3npu_detections_count(found); k++) {
		v3npu_detections_get(found, k, &d);
		printf("%s, score %.2f: %.0f,%.0f to %.0f,%.0f\n", d.name, d.score, d.box[0],
		       d.box[1], d.box[2], d.box[3]);
	}
	if (out) {
		v3npu_detections_draw(found, image);
		ret = v3npu_image_write_png(image, out);
	}
	v3npu_detections_free(found);
	return ret;
}

int main(int argc, char **argv)
{
	const char *spec = argc > 3 ? argv[3] : "accel", *out = argc > 4 ? argv[4] : NULL;
	struct v3npu_detector *detector = NULL;
	struct v3npu_session *session = NULL;
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	struct v3npu_image *image = NULL;
	int ret = 1;

	if (argc < 3) {
		fprintf(stderr, "usage: detect MODEL PICTURE [DEVICE [OUT.png]]\n");
		return 2;
	}
	/* The two libraries say each what went wrong in its own functions */
	if (v3npu_device_open(spec, &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session))
		fprintf(stderr, "detect: %s\n", v3npu_error());
	else if (v3npu_detector_create(model, &detector) ||
		 v3npu_image_read(argv[2], &image) || detect(session, detector, image, out))
		fprintf(stderr, "detect: %s\n", v3npu_vision_error());
	else
		ret = 0;
	v3npu_image_free(image);
	v3npu_detector_free(detector);
	v3npu_session_free(session);
	v3npu_model_free(model);
	v3npu_device_close(device);
	return ret;
}
