/* config.h: what libext2fs wants to know of the system. */
#ifndef EXT4_LIB_CONFIG_H
#define EXT4_LIB_CONFIG_H

#define OMIT_COM_ERR 1 /* errors are numbers */

#endif
