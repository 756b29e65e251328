/* content_type.h: what a file's name says of its contents. */
#ifndef CONTENT_TYPE_H
#define CONTENT_TYPE_H

const char *content_type(const char *path);

#endif
