// What to do about each check that fails or warns, as docs/operating.md says it ("When something is wrong"). The checks are those of
// `/readyz` of the operations listener; one without a remedy here leads to that page.

interface Remedy {
  readonly remedy: string
  readonly command?: string
}

const remedies: Readonly<Record<string, Remedy>> = {
  store: { remedy: 'Repair the database, or the network to it. Do not restart nodes: they go on with what they know.' },
  clock: { remedy: 'Correct the clock that the text names. The node needs no restart.' },
  audit: { remedy: 'Make room on the disk of the spool (on SQLite, of the store), or repair the database.' },
  'audit-anchor': {
    remedy:
      'Let the server write to the folder of the spool (on SQLite, to that of the store), or make room on its disk. The next seal writes the anchor.',
  },
  'audit-seal': {
    remedy: 'Repair the database, or give the server the right to insert into its table of seals. The next seal covers all events since.',
  },
  'audit-spool': {
    remedy: 'Repair the database. The spool empties by itself then: keep its folder, and watch the disk that it is on.',
  },
  'audit-spool-files': {
    remedy: 'Move the damaged file to another folder, and keep it. The log itself can be checked from a shell.',
    command: 'countersign audit verify --config countersign.yaml',
  },
  'audit-retention': {
    remedy: 'Remove the cause that the text names, such as a full disk or a missing right. It is tried again every 10 minutes.',
  },
  cuts: {
    remedy: 'Correct the clocks first. Then run the commands in the log, which lower each cut.',
    command: 'countersign operator lower-cuts --config countersign.yaml',
  },
  proxies: { remedy: 'Add the proxy to "trustedProxies", or close the port to everything but the proxy.' },
  log: { remedy: 'Make room on the disk of the log, or let a program read it.' },
  'event-loop': { remedy: 'Give the node more CPU, or find what made its machine stand still.' },
  'key-rings': { remedy: 'Copy the key ring from a node that has the version, then send SIGHUP to this one or restart it.' },
  'signing-keys': {
    remedy:
      'The server replaces keys by itself, and could not: its log says why ("signing keys could not be rotated"). Or activate the key in reserve.',
    command: 'countersign key list --realm REALM',
  },
  'signing-key-reserve': {
    remedy:
      'Wait until the instant in the text, if it names one: tokens come back by themselves. Otherwise remove the cause that it names.',
    command: 'countersign key list --realm REALM',
  },
  stopping: { remedy: 'Nothing, if it was told to stop.' },
}

const unknown: Remedy = { remedy: 'See "When something is wrong" in docs/operating.md.' }

/** @param fact names the realm where the command needs one */
export function remedyOf(kind: string, fact: string): { readonly remedy: string; readonly command: string | null } {
  const { remedy, command } = remedies[kind] ?? unknown
  const realm = /the realm "([a-z0-9-]+)"/.exec(fact)?.[1]
  if (command?.includes('REALM')) return { remedy, command: realm === undefined ? null : command.replace('REALM', realm) }
  return { remedy, command: command ?? null }
}
