// The anchors of this machine, as a running server deals with them: it keeps its own, and compares those of earlier runs with the
// store. What the store confirms can go then, because the first seal of this server stands for it, too.
import type { Kysely } from 'kysely'
import type { KeyRing } from '../../keys/key-ring.ts'
import type { Log } from '../../log.ts'
import type { Schema } from '../../store/schema.ts'
import { listAnchors, readAnchors, removeAnchor, setAnchorAside, writeAnchor, type KeptAnchor } from './anchor-files.ts'
import { createMac } from '../events/audit-chain.ts'
import { compareAnchors, describeCut, type ComparedAnchors } from './compare-anchors.ts'
import type { SealRow } from './seal-events.ts'

export interface AnchorKeeper {
  /** To be called with every seal, once it is stored. Never fails. */
  keep(seal: SealRow): Promise<void>
  /** The anchors that were there when this server began, against the store as it is now. */
  compare(): Promise<ComparedAnchors>
  /** Compares, logs what was cut and tidies up. @returns the files of those that a restore explains, under their new names */
  settle(): Promise<string[]>
}

export interface AnchorOptions {
  /** Undefined where there is nothing to keep. */
  readonly place: string | undefined
  readonly db: Kysely<Schema>
  readonly pepper: KeyRing
  readonly log: Pick<Log, 'error' | 'warn'>
}

/** To be created before the first seal is stored, which then names all seals that the anchors here are about. */
export function createAnchorKeeper({ place, db, pepper, log }: AnchorOptions): AnchorKeeper {
  const earlier = place === undefined ? [] : readEarlier(place, log)
  const compare = () => compareAnchors(db, createMac(pepper), earlier)
  let isKept = false

  return {
    async keep({ node, number, sealed_at: sealedAt, last_event: lastEvent, mac }) {
      if (place === undefined) return
      try {
        await writeAnchor(place, { node, number, sealedAt, lastEvent, mac })
        isKept = true
      } catch (error) {
        log.warn(`The anchor of the audit log could not be written: ${(error as Error).message}; retrying with the next seal.`)
      }
    },
    compare,
    async settle() {
      const { confirmed, beforeRestore, cut } = await compare()
      for (const anchor of cut)
        log.error(
          `${describeCut(anchor)} Do not change the store or the anchor, and run "countersign audit verify". If a backup was restored, run "countersign restore".`,
        )
      if (isKept) for (const anchor of confirmed) removeAnchor(anchor)
      return beforeRestore.flatMap((anchor) => {
        const aside = setAnchorAside(anchor)
        if (aside === undefined) return []
        log.warn(`The anchor "${anchor.file}" of the audit log is from before a backup was restored; it was renamed to "${aside}".`)
        return aside
      })
    },
  }
}

/** What cannot be read is told, and keeps neither the others from being compared nor the server from starting. */
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
