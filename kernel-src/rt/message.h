/* message.h: the runtime's own words to the user, on the program's stderr. */
#ifndef RT_MESSAGE_H
#define RT_MESSAGE_H

/* Formats (rt/format.h) and writes. Longer messages than 512 bytes are cut off. */
void message_write(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
