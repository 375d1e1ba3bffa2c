import { Client } from 'pg'

/** Asks the database of a run, over one connection. */
export interface Query {
  <Row>(statement: string): Promise<readonly Row[]>
  close(): Promise<void>
}

export async function openQuery(url: string): Promise<Query> {
  const client = new Client(url)
  await client.connect()
  const query = async <Row>(statement: string) => (await client.query(statement)).rows as readonly Row[]
  return Object.assign(query, { close: () => client.end() })
}
