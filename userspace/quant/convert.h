/* SPDX-License-Identifier: MIT */
/*
 * From a model file to one of another precision.
 */
#ifndef V3Q_CONVERT_H
#define V3Q_CONVERT_H

#include "compiler/compiler.h"
#include "options.h"
#include "quant/ranges/search.h"

/**
 * struct q_source - a float model; q_source_free() frees all of it
 * @path: its file
 * @data: the file's bytes
 * @size: how many
 * @ctx: memory of the graph
 * @text: error of the context
 * @g: the model
 */
struct q_source {
	const char *path;
	void *data;
	size_t size;
	struct v3c_ctx ctx;
	char text[V3C_ERROR_SIZE];
	struct q_graph g;
};

/* Reads a model; 0 or -1 with @error set */
int q_source_read(const char *path, struct q_source *source, struct tool_error *error);
void q_source_free(struct q_source *source);

/**
 * struct q_product - a converted model
 * @mode: its precision
 * @data: the .tflite file, for free()
 * @size: its bytes
 * @g: the float graph that it computes, in the source's memory
 * @q: the graph that was written
 * @groups: of a full-integer model: its activations
 * @split_head: the head was split into levels
 * @calibrated: pictures that the ranges are from
 * @held_out: pictures that they were chosen by, 0 if they were not
 * @search: how
 */
struct q_product {
	enum q_mode mode;
	void *data;
	size_t size;
	struct q_graph g;
	struct q_graph q;
	struct q_groups groups;
	bool split_head;
	uint32_t calibrated;
	uint32_t held_out;
	struct q_search search;
};

/**
 * q_convert() - make a model of another precision
 * @source: the float model
 * @mode: precision
 * @o: where the pictures are, and how to choose ranges
 * @product: the result; free(product->data) in any case
 *
 * What is larger than its parameters warrant is refused.
 *
 * Return: 0 or -1 with @error set.
 */
int q_convert(struct q_source *source, enum q_mode mode, const struct options *o,
	      struct q_product *product, struct tool_error *error);

/* Writes the file; it appears whole or not at all; 0 or -1 */
int q_product_write(const struct q_product *product, const char *path, struct tool_error *error);

#endif /* V3Q_CONVERT_H */
