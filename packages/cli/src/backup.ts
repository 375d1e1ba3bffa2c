// countersign backup: a consistent copy of the store; the server can keep running.
import { Command } from 'commander'
import { CommandError, printResult } from './output.ts'

export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy the store of a running or stopped server into one file (SQLite)')
    .requiredOption('--config <file>', 'configuration file of the server')
    .requiredOption('--to <file>', 'file to write the backup to; an existing file is not overwritten')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The backup does not contain the pepper, the key-encryption key and the audit key. Back them up separately: a backup is useless
without them. "countersign restore" restores a backup.

Example:
  countersign backup --config countersign.yaml --to backups/2026-01-31.db`,
    )
    .action(async ({ config, to, json }: { config: string; to: string; json?: boolean }) => {
      const { backUpSqlite, inspectStore, loadConfiguration } = await import('@countersign/server')
      const { store, secretPepper, keyEncryptionKey, auditKey } = loadConfiguration(config)
      const keys = [secretPepper, keyEncryptionKey, ...(auditKey === undefined ? [] : [auditKey])]
      const { kind, name } = await inspectStore(store)
      if (kind === 'postgres')
        throw new CommandError(`The store "${name}" is a PostgreSQL database; use the backup program of PostgreSQL.`, {
          next: `pg_dump --format=custom --no-owner --file=${to} "${name}"`,
        })
      backUpSqlite(store, to)
      printResult(
        json,
        { backup: to, notInIt: keys },
        () =>
          `Backup written to "${to}".\nIt does not contain these keys, which are needed to restore it; back them up separately:\n${keys.map((key) => `  ${key}`).join('\n')}`,
      )
    })
}
