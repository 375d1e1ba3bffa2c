// The credentials of a client as a file of environment variables, under the names that the commands read.

export interface Credentials {
  readonly clientId: string
  readonly secret: string
  readonly tokenUrl?: string | undefined
}

export function envFileOf({ clientId, secret, tokenUrl }: Credentials): string {
  const lines = [
    ...(tokenUrl === undefined ? [] : [`# Token URL: ${tokenUrl.replace(/\s/g, ' ')}`]),
    `COUNTERSIGN_CLIENT_ID=${quote(clientId)}`,
    `COUNTERSIGN_CLIENT_SECRET=${quote(secret)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** Client ids may have any visible character; one with a quote or a dollar would be read as something else. */
function quote(text: string): string {
  return /^[\w.:/@-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
