/* SPDX-License-Identifier: MIT */
/*
 * libv3npu-vision: pictures into a model, and detections out of it.
 *
 *	struct v3npu_detection d = { .struct_size = sizeof(d) };
 *	struct v3npu_detector *detector;
 *	struct v3npu_detections *found;
 *	struct v3npu_image *image;
 *	size_t k;
 *
 *	v3npu_detector_create(model, &detector);
 *	v3npu_image_read("street.jpg", &image);
 *	v3npu_detector_run(detector, session, image, NULL, &found);
 *	for (k = 0; !v3npu_detections_get(found, k, &d); k++)
 *		printf("%s: %.2f\n", d.name, d.score);
 *
 * The device, the model and the session are libv3npu's (v3npu.h), and so are the rules:
 * functions that can fail return 0 or a negative errno, and v3npu_vision_error() then gives
 * the calling thread a line that says what happened and what to do. Structures that the
 * caller has begin with their size; -EINVAL if struct_size is not set, -E2BIG if a field is
 * set that this library does not know and cannot heed.
 *
 * A detector may be used from several threads at once, a picture and detections too, as
 * long as nobody draws into the picture. Free detections before their detector.
 */
#ifndef V3NPU_VISION_H
#define V3NPU_VISION_H

#include <stddef.h>
#include <stdint.h>

#include "v3npu.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct v3npu_detections;
struct v3npu_detector;
struct v3npu_image;

/**
 * v3npu_vision_error() - the calling thread's last error in this library
 *
 * Also of calls of libv3npu that this library made.
 *
 * Return: one line, never NULL; valid until the thread's next error.
 */
const char *v3npu_vision_error(void);

/** struct v3npu_image_info - a picture: rows of red, green and blue, a byte each */
struct v3npu_image_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	uint32_t width;			/* pixels, 1..16384 */
	uint32_t height;		/* pixels, likewise; 50 million in all at most */
	size_t stride;			/* bytes from a row to the next, at least 3 * width */
	uint8_t *pixels;		/* the first row */
};

/**
 * v3npu_image_read() - read a JPEG or PNG file
 * @path: a file, not a pipe
 * @image: the result, for v3npu_image_free(); NULL on failure
 *
 * What the file is, its first bytes say. Grey and palette pictures become RGB, 16-bit
 * channels 8-bit; transparency is ignored. The picture is turned as its EXIF orientation says. Of
 * a damaged file nothing is read; a JPEG that has all its pixels and lacks its end alone is whole.
 *
 * Return: 0, -EINVAL for a file that is damaged or no picture, -ENOTSUP for one that is too
 * large or for printing (CMYK), -ENOMEM, or the errno of opening or reading the file.
 */
int v3npu_image_read(const char *path, struct v3npu_image **image);

/**
 * v3npu_image_decode() - as v3npu_image_read(), of a file in memory
 * @data: the file's bytes; not used any more after the call
 * @size: how many
 */
int v3npu_image_decode(const void *data, size_t size, struct v3npu_image **image);

/**
 * v3npu_image_wrap() - make a picture of the caller's pixels
 * @info: where they are; they stay the caller's, and valid until v3npu_image_free().
 *	Nothing but v3npu_detections_draw() writes them
 * @image: the result, for v3npu_image_free(); NULL on failure
 *
 * Return: 0, -EINVAL for a size or a stride that cannot be, -E2BIG, -ENOMEM.
 */
int v3npu_image_wrap(const struct v3npu_image_info *info, struct v3npu_image **image);

/**
 * v3npu_image_get_info() - a picture's size and pixels
 * @image: picture
 * @info: the result; its struct_size is set. The pixels are valid while the picture is, and
 *	may be written
 *
 * Return: 0, or -EINVAL if struct_size is not set.
 */
int v3npu_image_get_info(const struct v3npu_image *image, struct v3npu_image_info *info);

/**
 * v3npu_image_write_png() - write a picture to a PNG file
 * @image: picture
 * @path: the file; it is there whole or not at all, and replaces one that there was
 *
 * Return: 0, -ENOMEM, or the errno of writing the file.
 */
int v3npu_image_write_png(const struct v3npu_image *image, const char *path);

/** v3npu_image_free() - free a picture; NULL does nothing */
void v3npu_image_free(struct v3npu_image *image);

/** enum v3npu_task - what a model finds in a picture */
enum v3npu_task {
	V3NPU_TASK_AUTO,		/* what its metadata and the shapes of its outputs say */
	V3NPU_TASK_DETECT,		/* objects: boxes */
	V3NPU_TASK_SEGMENT,		/* objects: boxes and masks */
	V3NPU_TASK_POSE,		/* objects: boxes and key points */
	V3NPU_TASK_OBB,			/* objects: boxes that are turned */
	V3NPU_TASK_CLASSIFY,		/* which class the whole picture is of */
};

/** struct v3npu_detector_options - what a model does not say itself; 0 is: it does */
struct v3npu_detector_options {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	enum v3npu_task task;		/* what it finds */
	int reserved;			/* 0; so that no part of the structure is without a name */
	const char *labels;		/* names of its classes: a text, see below */
	float mean[3];			/* of red, green, blue: the input is (v - mean) / std, */
	float std[3];			/* of colours v of 0..255; not 0 if mean is to count */
};

/**
 * v3npu_detector_create() - make a detector of a model
 * @model: a model whose first and only input is a picture, [1, height, width, 3] or
 *	[1, 3, height, width], or grey with 1 in place of 3. It is not used any more after the
 *	call
 * @detector: the result, for v3npu_detector_free(); NULL on failure
 *
 * What its outputs mean, its metadata and their shapes say, with n candidates and c classes:
 *
 *	[1, 4 + c, n] or [1, n, 4 + c]	boxes (cx, cy, w, h) and a score for each class; then,
 *					by the task, key points, an angle in radians, or
 *					coefficients of masks, whose prototypes are another
 *					output (YOLOv8, YOLO11)
 *	[1, n, 5 + c]			how sure it is of an object comes before the classes'
 *					scores, which it multiplies (YOLOv5, YOLOv7)
 *	[1, n, 6]			left, top, right, bottom, score, class, of what does not
 *					overlap any more (YOLOv10, YOLO26, "nms"); then as above
 *	[1, n, 4], [1, n], [1, n], [1]	TFLite_Detection_PostProcess: boxes (top, left, bottom,
 *					right), classes, scores, how many there are (SSD)
 *	[1, c]				a score for each class: a classifier
 *
 * Each tensor is int8, uint8 or float32. Boxes are in 0..1 of the input or in its pixels. What
 * colours 0..255 become in the input (0..1, -1..1, 0..255), its scale says. What the model
 * does not say is asked for, see v3npu_detector_create_as(), and not guessed.
 *
 * Return: 0, -ENOTSUP for a model that is no detector, -ENODATA for one that does not say enough,
 * -EINVAL for one without the scale of its input or output, -ENOMEM.
 */
int v3npu_detector_create(const struct v3npu_model *model, struct v3npu_detector **detector);

/**
 * v3npu_detector_create_as() - as v3npu_detector_create(), of a model that does not say enough
 * @options: what it does not say, or says wrongly; NULL: nothing. Its labels are a text as the
 *	metadata is, JSON, YAML or a Python dict, or lines, each of them a class's name, which
 *	may have its number before it; not used any more after the call
 *
 * Return: also -EINVAL if struct_size is not set or the options cannot be, -E2BIG.
 */
int v3npu_detector_create_as(const struct v3npu_model *model,
			     const struct v3npu_detector_options *options,
			     struct v3npu_detector **detector);

/** v3npu_detector_free() - free a detector, of which no detections are left; NULL does nothing */
void v3npu_detector_free(struct v3npu_detector *detector);

/** struct v3npu_detector_info - what a detector takes and finds */
struct v3npu_detector_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	uint32_t width;			/* of the model's input, pixels */
	uint32_t height;		/* of it */
	size_t input_size;		/* bytes of the input */
	size_t output_size;		/* bytes of the output; of several, of the first */
	uint32_t classes;		/* that it tells apart; 0 if nothing says how many */
	uint32_t candidates;		/* places where it looks */
	enum v3npu_task task;		/* what it finds, not V3NPU_TASK_AUTO */
	uint32_t outputs;		/* of the model, all of which are needed */
};

/**
 * v3npu_detector_get_info() - what a detector takes and finds
 * @detector: detector
 * @info: the result; its struct_size is set
 *
 * Return: 0, or -EINVAL if struct_size is not set.
 */
int v3npu_detector_get_info(const struct v3npu_detector *detector,
			    struct v3npu_detector_info *info);

/**
 * v3npu_detector_class_name() - what a class is called
 * @detector: detector
 * @class_id: from 0
 *
 * Names are those of the options or of the model's metadata, without control characters and 63
 * bytes long at most; a class that has none there is "class N".
 *
 * Return: the name, valid while the detector is; NULL if there is no such class.
 */
const char *v3npu_detector_class_name(const struct v3npu_detector *detector, uint32_t class_id);

/** struct v3npu_placement - where in the input a picture lies, in whole pixels */
struct v3npu_placement {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	int image_width;		/* of the picture itself */
	int image_height;		/* of it */
	int width;			/* of the scaled picture in the input */
	int height;			/* of it */
	int left;			/* columns of the input before it */
	int top;			/* rows of the input above it */
};

/**
 * v3npu_detector_prepare() - scale a picture into a detector's input
 * @detector: detector
 * @image: picture of any size
 * @input: v3npu_session_input() of a session of the model, or other memory
 * @size: its bytes: input_size of struct v3npu_detector_info
 * @placement: the result, for v3npu_detector_decode(); its struct_size is set
 *
 * As Ultralytics does: the scale that fits both sides, bilinear with pixel centres aligned,
 * grey 114 around it, centred. For a classifier the scale at which the picture covers the input;
 * its middle is taken, and left or top of the placement are below 0.
 *
 * Return: 0, -EINVAL for memory of another size, or if struct_size is not set, -ENOMEM.
 */
int v3npu_detector_prepare(const struct v3npu_detector *detector, const struct v3npu_image *image,
			   void *input, size_t size, struct v3npu_placement *placement);

/* What v3run takes as long as it is not told otherwise */
#define V3NPU_DETECT_CONF	0.25f
#define V3NPU_DETECT_IOU	0.45f
#define V3NPU_DETECT_MAX	300

/** struct v3npu_detect_options - what counts as a detection */
struct v3npu_detect_options {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	float conf;			/* lowest score, 0..1; no default: 0 is all of them */
	float iou;			/* boxes of a class that overlap more are one; likewise */
	size_t max;			/* how many, the best ones; 0: V3NPU_DETECT_MAX */
};

/**
 * v3npu_detector_decode() - find the detections in a detector's output
 * @detector: detector
 * @output: v3npu_session_output() after a run, or a copy of it
 * @size: its bytes: output_size of struct v3npu_detector_info
 * @placement: what v3npu_detector_prepare() said of the input
 * @options: NULL: V3NPU_DETECT_CONF, V3NPU_DETECT_IOU, V3NPU_DETECT_MAX
 * @detections: the result, for v3npu_detections_free(); NULL on failure
 *
 * Each candidate counts for its best class only; overlap is intersection over union. A model that
 * suppresses what overlaps itself has that done, and iou is not heeded. A classifier's best
 * classes, 5 if max is 0, are all there whatever conf is.
 *
 * Return: 0, also if nothing was found; -EINVAL for memory of another size, a model with several
 * outputs, a placement or options that cannot be, -E2BIG, -ENOMEM.
 */
int v3npu_detector_decode(const struct v3npu_detector *detector, const void *output, size_t size,
			  const struct v3npu_placement *placement,
			  const struct v3npu_detect_options *options,
			  struct v3npu_detections **detections);

/**
 * v3npu_detector_decode_outputs() - as v3npu_detector_decode(), of a model with several outputs
 * @outputs: v3npu_session_output() of each output in turn after a run, or copies
 * @sizes: their bytes
 * @count: how many: outputs of struct v3npu_detector_info
 */
int v3npu_detector_decode_outputs(const struct v3npu_detector *detector,
				  const void *const *outputs, const size_t *sizes, size_t count,
				  const struct v3npu_placement *placement,
				  const struct v3npu_detect_options *options,
				  struct v3npu_detections **detections);

/**
 * v3npu_detector_run() - prepare, run and decode
 * @detector: detector
 * @session: a session of its model, with no run going on; neither its input nor its output
 *	is a dma-buf of the caller's
 * @image: picture
 * @options: as for v3npu_detector_decode()
 * @detections: the result, for v3npu_detections_free(); NULL on failure
 *
 * Return: 0, or what v3npu_detector_prepare(), v3npu_session_run() or
 * v3npu_detector_decode() returns.
 */
int v3npu_detector_run(const struct v3npu_detector *detector, struct v3npu_session *session,
		       const struct v3npu_image *image, const struct v3npu_detect_options *options,
		       struct v3npu_detections **detections);

/** struct v3npu_keypoint - a point of an object, in the picture's pixels; it stays as it is */
struct v3npu_keypoint {
	float x;			/* from the left */
	float y;			/* from the top */
	float score;			/* how well it is seen, 0..1; 1 if the model does not say */
};

/** struct v3npu_detection - an object in the picture */
struct v3npu_detection {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	uint32_t class_id;		/* from 0 */
	float score;			/* 0..1, of its class */
	float box[4];			/* left, top, right, bottom, in the picture's pixels */
	const char *name;		/* of its class; valid while the detector is */
	const struct v3npu_keypoint *keypoints;	/* NULL if it is not of V3NPU_TASK_POSE */
	uint32_t keypoint_count;	/* of them; what is valid while the detections are */
	int turned;			/* not 0: corners are set, box is what is around them */
	float corners[8];		/* of a turned box, x and y of each, in turn */
	const uint8_t *mask;		/* NULL if it is not of V3NPU_TASK_SEGMENT: rows of bytes, */
	uint32_t mask_width;		/* 128 and more where the object is; so many in a row, */
	uint32_t mask_height;		/* so many rows, one after the other without gaps, */
	float mask_box[4];		/* spread evenly over this part of the picture */
};

/** v3npu_detections_count() - how many there are */
size_t v3npu_detections_count(const struct v3npu_detections *detections);

/**
 * v3npu_detections_get() - a detection
 * @detections: detections
 * @k: its number, from 0, the one with the highest score first
 * @detection: the result; its struct_size is set
 *
 * Return: 0, -ERANGE if there is no number @k, -EINVAL if struct_size is not set.
 */
int v3npu_detections_get(const struct v3npu_detections *detections, size_t k,
			 struct v3npu_detection *detection);

/**
 * v3npu_detections_draw() - draw detections into a picture
 * @detections: detections
 * @image: the picture that they were found in, or another
 *
 * Each has a frame around its box, turned if that is, and a label with its name and score, the
 * best one on top; its mask in its colour, and its key points that are seen. A classifier's
 * classes are labels in the left top corner.
 */
void v3npu_detections_draw(const struct v3npu_detections *detections, struct v3npu_image *image);

/** v3npu_detections_free() - free detections; NULL does nothing */
void v3npu_detections_free(struct v3npu_detections *detections);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* V3NPU_VISION_H */
