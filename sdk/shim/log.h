/* log.h: the shim's log, a FIFO that containerd copies into its own; lines as logrus writes them. */
#ifndef SHIM_LOG_H
#define SHIM_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Opens the log of the bundle in the current folder. Lines that nobody takes are lost; a log that cannot be opened
 * loses all of them. `debug`: write also those of LOG_DEBUG. */
void log_open(const char *path, int debug);

/* A process that was forked off has no log. */
void log_close(void);

/* Writes one line, whole or not at all. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
