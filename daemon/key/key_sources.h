/* Keys of what the configuration names: text in it, files, variables of the environment, credentials of the service
 * manager, a command, and what `askctl keys import` has left in the folder of keys.
 *
 * All of these block on small files: for the start, or beside the loop. Lists are separated by commas and tell several
 * keys; what cannot be had of one is an error that names it. *ret is set on success only, the reference is the
 * caller's. */
#ifndef ASKD_KEY_KEY_SOURCES_H
#define ASKD_KEY_KEY_SOURCES_H

#include "daemon/key/env_keys.h"
#include "daemon/key/key.h"

struct keys *keys_of_configuration(struct secret *key);
/* ERR_PERMISSION_DENIED for a file that others can read. */
enum error_code keys_of_files(const char *list, struct keys **ret, struct error *err);
/* Those that are set; ERR_NOT_FOUND where none is. */
enum error_code keys_of_environment(struct env_keys *env, const char *list, struct keys **ret, struct error *err);
enum error_code keys_of_credentials(const char *list, struct keys **ret, struct error *err);
/* Runs nothing yet. Its source names the command's first word only: arguments may be nobody's business. */
struct keys *keys_of_command(const char *line);

/* The key that was imported for the provider, in the file folder/provider; or, where folder/provider.secret-service
 * is, the one that the secret service has. *ret is NULL where there is neither. folder may be NULL. An error: what is
 * there can be read by others, or the folder is not ours (root's is as good). */
enum error_code keys_of_folder(const char *folder, const char *provider, struct keys **ret, struct error *err);

#endif
