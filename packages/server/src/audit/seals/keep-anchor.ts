// The anchors of this machine while a server runs: it keeps its own and compares those of earlier runs with the store. Confirmed anchors
// are removed, because the first seal of this server covers them too.
import type { Kysely } from 'kysely'
import type { Log } from '../../log.ts'
import { isPostgres } from '../../store/dialects.ts'
import type { Schema } from '../../store/schema.ts'
import { listAnchors, readAnchors, removeAnchor, setAnchorAside, writeAnchor, type KeptAnchor } from './anchor-files.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import { compareAnchors, describeCut, type ComparedAnchors } from './compare-anchors.ts'
import type { SealRow } from './seal-events.ts'

export interface AnchorKeeper {
  /** Called with every seal once it is stored. Never fails. */
  keep(seal: SealRow): Promise<void>
  /** Compares the anchors that existed when this server started with the store as it is now. */
  compare(): Promise<ComparedAnchors>
  /**
   * Compares, logs missing seals and removes confirmed anchors.
   * @returns the files of those that a restore or a failover explains, under their new names
   */
  reconcile(): Promise<string[]>
  /** That the last seal has no anchor, without its place; undefined if it has one, or needs none. */
  warning(): string | undefined
}

export interface AnchorOptions {
  /** Undefined for a store without anchors. */
  readonly place: string | undefined
  readonly db: Kysely<Schema>
  readonly mac: AuditMac
  readonly log: Pick<Log, 'error' | 'warn'>
}

/** Must be created before the first seal is stored: that seal names all seals that the existing anchors are about. */
export function createAnchorKeeper({ place, db, mac, log }: AnchorOptions): AnchorKeeper {
  const earlier = place === undefined ? [] : readEarlier(place, log)
  const compare = () => compareAnchors(db, mac, earlier)
  let isKept = false
  let failure: string | undefined

  const aside = (why: string) => (anchor: KeptAnchor) => {
    const file = setAnchorAside(anchor)
    if (file === undefined) return []
    log.warn(`The anchor "${anchor.file}" of the audit log ${why}; it was renamed to "${file}".`)
    return file
  }

  return {
    async keep({ node, number, sealed_at: sealedAt, last_event: lastEvent, mac: macOfSeal }) {
      if (place === undefined) return
      try {
        await writeAnchor(place, { node, number, sealedAt, lastEvent, mac: macOfSeal })
        isKept = true
        failure = undefined
      } catch (error) {
        const { message, code = 'unknown error' } = error as NodeJS.ErrnoException
        failure = code
        log.warn(`The anchor of the audit log could not be written: ${message}; retrying with the next seal.`)
      }
    },
    compare,
    warning: () =>
      failure === undefined
        ? undefined
        : `the anchor of the audit log could not be written (${failure}), so a removal of its newest events might not be noticed`,
    async reconcile() {
      const { confirmed, beforeRestore, lost, cut } = await compare()
      const afterFailover = isPostgres(db) ? ' After a failover that lost changes, run "countersign audit record-failover".' : ''
      for (const anchor of cut)
        log.error(
          `${describeCut(anchor)} Do not change the store or the anchor, and run "countersign audit verify". If a backup was restored, run "countersign restore".${afterFailover}`,
        )
      if (isKept) for (const anchor of confirmed) removeAnchor(anchor)
      return [
        ...beforeRestore.flatMap(aside('is from before a backup was restored')),
        ...lost.flatMap(aside('is newer than what a failover kept, as the log records')),
      ]
    },
  }
}

/** An unreadable anchor is logged; it prevents neither the comparison of the others nor the start of the server. */
function readEarlier(place: string, log: AnchorOptions['log']): KeptAnchor[] {
  const orNothing = <Read>(read: () => Read[]): Read[] => {
    try {
      return read()
    } catch (error) {
      log.warn((error as Error).message)
      return []
    }
  }
  return orNothing(() => listAnchors(place)).flatMap((file) => orNothing(() => readAnchors([file])))
}
