/* What the SQLite databases of the cache and of the store have in common. */
#ifndef ASKD_CORE_DATABASE_H
#define ASKD_CORE_DATABASE_H

#include <sqlite3.h>

/* A database is no more trusted than any other file: it gets neither functions nor a way to change its own schema.
 * Right after the handle is open, before any statement. */
void database_distrust(sqlite3 *sql);

#endif
