// Why a database at PostgreSQL cannot hold what the product promises, each with the next step (decisions/057).
import type { PostgresFacts } from './postgres-facts.ts'

/** PostgreSQL 14; its project maintains a version for five years. */
const minVersion = 140_000

/** What one node opens: 10 for changes, 5 for token requests, 4 for background work, 1 that listens. */
const connectionsOfNode = 20

/** @param limits the time limits that the session was opened with */
export function findPostgresFaults(facts: PostgresFacts, limits: string): string[] {
  return [
    ...findFaultsOfDatabase(facts),
    ...findFaultsOfDurability(facts),
    ...findFaultsOfSession(facts, limits),
    ...findFaultsOfRights(facts),
  ]
}

function findFaultsOfDatabase({ version, serverVersion, encoding, clientEncoding, connections }: PostgresFacts): string[] {
  return [
    ...when(version < minVersion, `PostgreSQL ${serverVersion} is too old. Upgrade it to version 14 or later.`),
    ...when(
      encoding !== 'UTF8',
      `Its encoding is ${encoding}, which cannot store every name. Create a database with encoding 'UTF8' template template0, and use that one.`,
    ),
    ...when(
      clientEncoding !== 'UTF8',
      `The encoding of its sessions is ${clientEncoding}. A pooler may have set it: connect to PostgreSQL itself.`,
    ),
    ...when(
      connections < connectionsOfNode,
      `It allows ${connections} connections, and each node needs ${connectionsOfNode}. Raise max_connections or the connection limit of the user or the database.`,
    ),
  ]
}

/** Changes and tokens are acknowledged once they are on disk. */
function findFaultsOfDurability({ fsync, synchronousCommit, unloggedTables }: PostgresFacts): string[] {
  return [
    ...when(fsync === 'off', 'fsync is off, so a power failure destroys it. Set fsync = on in postgresql.conf and reload the server.'),
    ...when(
      synchronousCommit === 'off',
      'synchronous_commit is off, so a crash loses revocations that were confirmed. Reset it in postgresql.conf, for the database and for the user (alter role … reset synchronous_commit).',
    ),
    ...when(
      unloggedTables.length > 0,
      `A crash empties these tables, which are unlogged: ${unloggedTables.join(', ')}. Run "alter table … set logged" for each.`,
    ),
  ]
}

function findFaultsOfSession({ isolation, readOnly, limits: found }: PostgresFacts, limits: string): string[] {
  return [
    ...when(
      readOnly === 'on',
      'Its transactions are read-only by default. Reset default_transaction_read_only for the user, the database and the server, or use the address of the primary.',
    ),
    ...when(
      !isolation.startsWith('read '),
      `The default isolation level is "${isolation}", with which changes of several nodes do not see each other. Reset default_transaction_isolation for the user, the database and the server.`,
    ),
    ...when(
      found !== limits,
      `Its sessions have the time limits ${found} in place of ${limits}: something between, such as a pooler, drops the settings of a session. Connect to PostgreSQL itself, and do not set time limits in the URL.`,
    ),
  ]
}

function findFaultsOfRights(facts: PostgresFacts): string[] {
  const { schema, searchPath, user, mayCreate, otherStores, hasStore, hasTables, closedTables, closedFunctions } = facts
  return [
    ...when(
      schema === null,
      `No schema of the search path (${searchPath}) exists or may be used. Create one, grant usage on it to "${user}", or reset search_path for the user and the database.`,
    ),
    ...when(
      !hasTables && schema !== null && otherStores.length > 0,
      `A store is in the schema ${otherStores.map((name) => `"${name}"`).join(', ')}, but the search path (${searchPath}) of this user begins with "${schema}". Correct search_path, or use another database.`,
    ),
    ...when(
      schema !== null && mayCreate !== true && !hasTables,
      `The user "${user}" may not create tables in the schema "${schema}". Make the user the owner of the database, or run "grant create, usage on schema ${schema} to ${user}".`,
    ),
    ...when(
      hasStore && closedTables.length > 0,
      `The user "${user}" may not read and write these tables: ${closedTables.join(', ')}. Make the user their owner.`,
    ),
    ...when(
      closedFunctions.length > 0,
      `The user "${user}" may not call these functions, or the server lacks them: ${closedFunctions.join(', ')}. Run "grant execute on function … to ${user}".`,
    ),
  ]
}

function when(isFault: boolean, reason: string): string[] {
  return isFault ? [reason] : []
}
