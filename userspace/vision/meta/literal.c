// SPDX-License-Identifier: MIT
/*
 * One reader for the three: what they write differently (quotes, True and true, tuples, keys
 * that are numbers, a comma after the last) is never the same text with two meanings, but for
 * a quote in single quotes, which the caller knows.
 */
#include "literal.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void skip_space(const char **text)
{
	*text += strspn(*text, " \t\r\n");
}

/* Hexadecimal digits, exactly @count; -1 if there are fewer */
static int32_t hex(const char *text, int count)
{
	int32_t value = 0;
	int i;

	for (i = 0; i < count; i++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		int v;

		if (!digit || value > 0x10ffff)
			return -1;
		v = digit - digits;
		value = value << 4 | (v > 15 ? v - 6 : v);
	}
	return value;
}

static char *put_utf8(char *to, uint32_t c)
{
	/* A text with a NUL in it would end there, half a pair is no character */
	if (!c || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = '?';
	if (c < 0x80) {
		*to++ = c;
	} else if (c < 0x800) {
		*to++ = 0xc0 | c >> 6;
		*to++ = 0x80 | (c & 0x3f);
	} else if (c < 0x10000) {
		*to++ = 0xe0 | c >> 12;
		*to++ = 0x80 | (c >> 6 & 0x3f);
		*to++ = 0x80 | (c & 0x3f);
	} else {
		*to++ = 0xf0 | c >> 18;
		*to++ = 0x80 | (c >> 12 & 0x3f);
		*to++ = 0x80 | (c >> 6 & 0x3f);
		*to++ = 0x80 | (c & 0x3f);
	}
	return to;
}

/* A character by its number, after a backslash; @at is moved behind it. NULL if it is wrong */
static char *put_number(char *to, const char **at)
{
	int digits = **at == 'x' ? 2 : **at == 'u' ? 4 : 8;
	int32_t c = hex(*at + 1, digits), low;

	if (c < 0)
		return NULL;
	*at += 1 + digits;
	/* JSON writes what is beyond 16 bits as two halves */
	if (c >= 0xd800 && c < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		low = hex(*at + 2, 4);
		if (low >= 0xdc00 && low < 0xe000) {
			*at += 6;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return put_utf8(to, c);
}

/* What follows a backslash; none of it is longer than it was */
static char *put_escape(char *to, const char **at)
{
	static const char letters[] = "nrtbfav0e", meant[] = "\n\r\t\b\f\a\v?\033";
	const char *letter;

	if (strchr("xuU", **at))
		return put_number(to, at);
	letter = strchr(letters, **at);
	*to++ = letter ? meant[letter - letters] : **at;
	++*at;
	return to;
}

/* Where a string ends: at its closing quote, or at the text's end if it has none */
static const char *find_end(const char *at, char quote, bool escapes)
{
	while (*at && (*at != quote || (!escapes && at[1] == quote)))
		at += (*at == '\\' && escapes && at[1]) || *at == quote ? 2 : 1;
	return at;
}

static json_t *read_string(const char **text, bool yaml)
{
	char quote = *(*text)++, *buffer, *to;
	bool escapes = quote == '"' || !yaml;
	const char *at = *text, *end = find_end(at, quote, escapes);
	json_t *value = NULL;

	if (*end != quote)
		return NULL;
	buffer = malloc(end - at + 1);
	to = buffer;
	while (to && at < end) {
		if (*at == '\\' && escapes) {
			at++;
			to = put_escape(to, &at);
		} else {
			at += *at == quote;
			*to++ = *at++;
		}
	}
	if (to)
		value = json_stringn_nocheck(buffer, to - buffer);
	free(buffer);
	*text = end + 1;
	return value;
}

static bool is_word(const char *word, size_t length, const char *one, const char *other)
{
	return (strlen(one) == length && !memcmp(word, one, length)) ||
	       (strlen(other) == length && !memcmp(word, other, length));
}

json_t *v3v_literal_word(const char *word, size_t length)
{
	char number[32];
	char *end;

	if (is_word(word, length, "true", "True"))
		return json_true();
	if (is_word(word, length, "false", "False"))
		return json_false();
	if (!length || is_word(word, length, "null", "None") || is_word(word, length, "~", "~"))
		return json_null();
	/* Not strtol's spaces, nor its inf and nan */
	if (length < sizeof(number) && strchr("+-.0123456789", word[0])) {
		long long integer;
		double real;

		memcpy(number, word, length);
		number[length] = '\0';
		errno = 0;
		integer = strtoll(number, &end, 10);
		if (!*end && !errno)
			return json_integer(integer);
		real = strtod(number, &end);
		if (!*end && isfinite(real))
			return json_real(real);
	}
	return json_stringn_nocheck(word, length);
}

/* A word ends where the next mark is; one in brackets of its own, such as Path('x'), is whole */
static size_t word_length(const char *text)
{
	size_t n = 0;
	int inside = 0;

	for (; text[n] && text[n] != '\n'; n++) {
		if (text[n] == '(')
			inside++;
		if (inside) {
			inside -= text[n] == ')';
			continue;
		}
		if (strchr(",]})", text[n]) || (text[n] == ':' && strchr(" \t\r\n\"'{[", text[n + 1])))
			break;
	}
	while (n && strchr(" \t\r", text[n - 1]))
		n--;
	return n;
}

static json_t *read_word(const char **text)
{
	const char *word = *text;
	size_t length = word_length(word);

	if (!length)
		return NULL;
	*text += length;
	return v3v_literal_word(word, length);
}

static json_t *read_list(const char **text, bool yaml, int depth)
{
	char close = *(*text)++ == '[' ? ']' : ')';
	json_t *list = json_array();

	for (;;) {
		skip_space(text);
		if (**text == close)
			break;
		if (json_array_append_new(list, v3v_literal(text, yaml, depth + 1)))
			goto fail;
		skip_space(text);
		if (**text == ',')
			++*text;
		else if (**text != close)
			goto fail;
	}
	++*text;
	return list;
fail:
	json_decref(list);
	return NULL;
}

/* A key is a string or a word; one that is a number is kept as its digits */
static json_t *read_key(const char **text, bool yaml)
{
	const char *word = *text;
	size_t length;

	if (*word == '"' || *word == '\'')
		return read_string(text, yaml);
	/* {0:'cat'} has no space after the colon */
	length = strcspn(word, ":,]}) \t\r\n");
	*text += length;
	return length ? json_stringn_nocheck(word, length) : NULL;
}

static json_t *read_mapping(const char **text, bool yaml, int depth)
{
	json_t *mapping = json_object(), *key = NULL;
	int failed;

	++*text;
	for (;;) {
		skip_space(text);
		if (**text == '}')
			break;
		key = read_key(text, yaml);
		skip_space(text);
		if (!key || **text != ':')
			goto fail;
		++*text;
		failed = json_object_set_new_nocheck(mapping, json_string_value(key),
						     v3v_literal(text, yaml, depth + 1));
		json_decref(key);
		key = NULL;
		skip_space(text);
		if (failed || (**text != ',' && **text != '}'))
			goto fail;
		*text += **text == ',';
	}
	++*text;
	return mapping;
fail:
	json_decref(key);
	json_decref(mapping);
	return NULL;
}

json_t *v3v_literal(const char **text, bool yaml, int depth)
{
	if (depth > LITERAL_DEPTH_MAX)
		return NULL;
	skip_space(text);
	switch (**text) {
	case '{':
		return read_mapping(text, yaml, depth);
	case '[':
	case '(':
		return read_list(text, yaml, depth);
	case '"':
	case '\'':
		return read_string(text, yaml);
	default:
		return read_word(text);
	}
}
