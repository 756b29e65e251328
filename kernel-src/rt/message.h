/* message.h: the runtime's own words to the user, on the program's stderr. */
#ifndef RT_MESSAGE_H
#define RT_MESSAGE_H

/* Formats (rt/format.h) and writes a line; the format ends in a newline. Of a message that is longer than 512 bytes (a
 * C++ name can be) the end is missing. */
void message_write(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
