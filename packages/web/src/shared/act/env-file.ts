// The credentials of a client as a file of environment variables: under the names that the programs of the pages read, and under those of the
// command.

export interface Credentials {
  readonly clientId: string
  readonly secret: string
  readonly tokenUrl?: string | undefined
}

export function envFileOf({ clientId, secret, tokenUrl }: Credentials): string {
  const credentials = [`CLIENT_ID=${quote(clientId)}`, `CLIENT_SECRET=${quote(secret)}`]
  const lines = [
    ...(tokenUrl === undefined ? [] : [`TOKEN_URL=${quote(tokenUrl.replace(/\s/g, ' '))}`]),
    ...credentials,
    ...credentials.map((line) => `COUNTERSIGN_${line}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Client ids may have any visible character; one with a quote or a dollar would be read as something else. */
function quote(text: string): string {
  return /^[\w.:/@-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
