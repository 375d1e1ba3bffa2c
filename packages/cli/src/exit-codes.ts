// The exit codes of the command, the same for every command. Scripts depend on the numbers: one is never reused or changed.

export const exitCodes = {
  success: { code: 0, name: 'success', meaning: 'The command did what it says.' },
  other: { code: 1, name: 'other failure', meaning: 'None of the following; the message says what.' },
  usage: {
    code: 2,
    name: 'usage',
    meaning: 'The command line, the environment or a value is wrong, or the server says so (400). Nothing was changed.',
  },
  network: {
    code: 3,
    name: 'network',
    meaning: 'The server or the database cannot be reached, does not answer, or cannot answer now (429, 502, 503, 504). Try again later.',
  },
  refused: {
    code: 4,
    name: 'refused',
    meaning: 'The server rejects the credentials or denies the right (401, 403, invalid_client, invalid_scope).',
  },
  notFound: { code: 5, name: 'not found', meaning: 'There is no such realm, organization, client, secret or other object (404).' },
  altered: { code: 6, name: 'altered', meaning: '"audit verify" found that the audit log is not as it was written.' },
  conflict: {
    code: 7,
    name: 'conflict',
    meaning: 'It exists already, is in use, or is in another state than the command needs (409, 412).',
  },
  local: {
    code: 8,
    name: 'local',
    meaning: 'A file of this machine (configuration, key, store, secret, list) is missing, unsafe or unusable.',
  },
  internal: {
    code: 70,
    name: 'internal error',
    meaning: 'A defect of Countersign, in the command or in the server (500). Please report it.',
  },
} as const

/** Why a command ended. */
export type ExitReason = keyof typeof exitCodes

export function describeExitCodes(): string {
  return `Exit codes: ${Object.values(exitCodes)
    .map(({ code, name }) => `${code} ${name}`)
    .join(', ')}`
}
