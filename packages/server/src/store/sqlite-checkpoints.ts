// A commit of SQLite copies the write-ahead log into the database file once the log is long. After a change of 100,000 rows that takes half
// a second, in which no request would be answered. So after a large change a thread copies it.
import { open, stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { sql, type Kysely, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import { maxIdleWalBytes } from './sqlite.ts'

/** Rows; the log of so many is copied in a few milliseconds. */
const largeChange = 10_000
/** SQLite's default, in pages. */
const usualPages = 1000

const copyTheLog = `
const { workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData)
database.exec('pragma busy_timeout = 0; pragma wal_checkpoint(passive)')
database.close()`

export interface SqliteTransactions {
  transact<T>(work: (db: Transaction<Schema>) => Promise<T>): Promise<T>
  /** Empties a log that a long reader has left behind and that no commit has begun from its start since. */
  emptyLongLog(): Promise<void>
  /** Whether nothing is left, in the file and in its log, of what was replaced or deleted. */
  rewriteFile(): Promise<boolean>
  /** Resolves when no thread uses the file. */
  settled(): Promise<void>
}

export function createSqliteTransactions(db: Kysely<Schema>, file: string): SqliteTransactions {
  let copying = Promise.resolve()

  /** While it copies, commits do not; failing to copy only leaves the log as long as it is. */
  const copyInThread = async (): Promise<void> => {
    await new Promise((resolve) => new Worker(copyTheLog, { eval: true, workerData: file }).once('error', resolve).once('exit', resolve))
    await copyAtCommits(db, usualPages)
  }

  /** Most of the log is written by now. Without this the commit takes longer, and still succeeds. */
  const bringLogToDisk = async (): Promise<void> => {
    await using log = await open(`${file}-wal`)
    await log.sync()
  }

  return {
    async transact(work) {
      let isLarge = false
      try {
        return await db.transaction().execute(async (transaction) => {
          const before = await countChangedRows(transaction)
          const result = await work(transaction)
          isLarge = (await countChangedRows(transaction)) - before > largeChange
          if (isLarge) await copyAtCommits(transaction, 0)
          if (isLarge) await bringLogToDisk().catch(() => {})
          return result
        })
      } finally {
        if (isLarge) copying = copying.then(copyInThread)
      }
    },
    async emptyLongLog() {
      if ((await sizeOf(`${file}-wal`)) <= maxIdleWalBytes) return
      copying = copying.then(copyInThread)
      await copying
      // By this connection, whose commits would otherwise find the file locked. A reader that is still there would make it wait.
      if (await isCopied(db)) await sql`pragma wal_checkpoint(truncate)`.execute(db)
    },
    async rewriteFile() {
      await copying
      await sql`vacuum`.execute(db)
      const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db)
      return rows[0]?.busy === 0
    },
    settled: () => copying,
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

/** Whether the whole log is in the database file. Copies what was committed since the thread. */
async function isCopied(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ log: number; checkpointed: number }>`pragma wal_checkpoint(passive)`.execute(db)
  return rows[0]?.log === rows[0]?.checkpointed
}

/** @param pages 0 for never */
async function copyAtCommits(db: Kysely<Schema>, pages: number): Promise<void> {
  await sql`pragma wal_autocheckpoint = ${sql.lit(pages)}`.execute(db)
}

/** Of this connection so far, with those that foreign keys deleted. */
async function countChangedRows(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select total_changes() as count`.execute(db)
  return rows[0]?.count ?? 0
}
