// What a token response looks like, to check that a floor does the same work as this server.
import { openConnection } from './connection.ts'
import type { Listening } from './server-process.ts'

export interface AnswerShape {
  readonly members: object
  readonly tokenLength: number
  readonly header: readonly string[]
  readonly claims: readonly string[]
}

export async function describeAnswer(listening: Listening): Promise<AnswerShape> {
  const connection = await openConnection(listening)
  const { access_token: token, ...members } = JSON.parse(await connection.exchange()) as { access_token: string }
  connection.close()
  const [header = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return { members, tokenLength: token.length, header: namesOf(header), claims: namesOf(claims) }
}

function namesOf(json: string): string[] {
  return Object.keys(JSON.parse(json) as object).toSorted()
}
