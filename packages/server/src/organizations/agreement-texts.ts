// Texts of versions of the Data Processing Agreement. An acceptance keeps the digest of the text that was read, so a text never changes.
import { hash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

/** @returns the digest */
export async function storeText({ db }: Change, realm: string, version: string, text: string): Promise<string> {
  const digest = hash('sha256', text, 'hex')
  await db.insertInto('dpa_texts').values({ realm, version, text, digest }).execute()
  return digest
}

/** @throws ProblemError `not-found` */
export async function readText(db: Kysely<Schema>, realm: string, version: string): Promise<{ text: string; digest: string }> {
  const row = await db
    .selectFrom('dpa_texts')
    .select(['text', 'digest'])
    .where('realm', '=', realm)
    .where('version', '=', version)
    .executeTakeFirst()
  if (!row)
    throw new ProblemError('not-found', {
      detail: `The realm "${realm}" has no text of a version "${version}" of the agreement.`,
      remedy: 'List the versions: those with a "textDigest" have a text.',
    })
  return row
}
