/* metadata.h: what the cloud says of the machine, in the program's environment. Linked only for the setting `metadata`
 * (mewz/config.h): references to it are weak. */
#ifndef METADATA_METADATA_H
#define METADATA_METADATA_H

/* Asks the cloud's service for the machine's name and its user data, and adds them to the environment as HOSTNAME and
 * USER_DATA, unless it has these already. What the service does not have, or what is no text, is left out. Where no
 * service answers within METADATA_PATIENCE it says so on stderr, and the program goes without. */
void metadata_fetch(void);
#define METADATA_PATIENCE 10000000000ull /* ns */

#endif
