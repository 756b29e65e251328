/* com_err.h: the type of libext2fs's errors. */
#ifndef EXT4_LIB_COM_ERR_H
#define EXT4_LIB_COM_ERR_H

typedef long errcode_t;

#endif
