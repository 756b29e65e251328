/* json.h: what --json prints. */
#ifndef CC_JSON_H
#define CC_JSON_H

#include <stdio.h>

#include <cjson/cJSON.h>

/* Prints a document, laid out for people as well, with a newline at the end. */
void json_print(const cJSON *json, FILE *stream);

#endif
