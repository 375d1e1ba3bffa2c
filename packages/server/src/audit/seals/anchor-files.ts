// Anchors: the last seal of a server, in a small file on its own disk. An attacker with access to the database alone can delete seals and
// the events before them, but not the anchor that proves that they existed.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../../configuration/configuration.ts'
import { fileOf, isPostgresUrl, resolveLocation } from '../../store/location.ts'

/** An anchor cannot be read; the message names its file and the remedy. */
export class AnchorError extends Error {
  override name = 'AnchorError'
}

const anchorSchema = z.object({
  node: z.string().regex(/^[0-9a-f]{8}$/),
  /** The MAC of the seal. */
  number: z.int().min(0),
  /** Milliseconds since the epoch. */
  sealedAt: z.number(),
  /** The number of the last event before the seal. */
  lastEvent: z.int().min(0),
  mac: z.string(),
})

export type Anchor = z.output<typeof anchorSchema>

export interface KeptAnchor extends Anchor {
  readonly file: string
}

const isAnchor = (name: string): boolean => /(?:^|\.)anchor-[0-9a-f]{8}$/.test(name)

/**
 * The common path prefix of the anchors of this machine's servers, before the name of the node: beside the file of the store, or in the
 * folder of the spool. Undefined for a store that ends with its server.
 */
export function findAnchorFolder({ store, auditSpool }: Pick<Configuration, 'store' | 'auditSpool'>): string | undefined {
  const url = resolveLocation(store)
  if (isPostgresUrl(url)) return join(auditSpool, 'anchor-')
  return fileOf(url) === ':memory:' ? undefined : `${fileOf(url)}.anchor-`
}

/** Replaces the anchor of a node atomically. */
export async function writeAnchor(place: string, anchor: Anchor): Promise<void> {
  const file = place + anchor.node
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // Synced to disk before the rename: a power failure must not leave an empty anchor.
  await writeFile(`${file}.new`, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

/** The files of anchors under a prefix. @throws AnchorError if the folder cannot be listed */
export function listAnchors(place: string): string[] {
  return listFolder(dirname(place)).filter((file) => basename(file).startsWith(basename(place)))
}

/** The anchors in a folder, or the one in a file. @throws AnchorError if there is none */
export function readCopiedAnchors(path: string): KeptAnchor[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const anchors = readAnchors(isFolder ? listFolder(path) : [path])
  if (anchors.length === 0) throw new AnchorError(`There is no anchor in "${path}": expected files "…anchor-" and eight digits.`)
  return anchors
}

/**
 * Skips files that are gone: a starting server removes anchors that it does not need.
 * @throws AnchorError for a file that is no anchor
 */
export function readAnchors(files: readonly string[]): KeptAnchor[] {
  return files.flatMap((file) => readAnchor(file) ?? [])
}

/** @throws AnchorError for a file that is no anchor */
export function readAnchor(file: string): KeptAnchor | undefined {
  try {
    return { ...anchorSchema.parse(JSON.parse(readFileSync(file, 'utf8'))), file }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const why = cause instanceof z.ZodError ? 'it lacks what one has' : (cause as Error).message
    throw new AnchorError(
      `"${file}" cannot be read as an anchor of the audit log: ${why}. Servers write such files whole: find out what happened to it, then move it away.`,
      { cause },
    )
  }
}

/** Removes an anchor, unless its server has just written a newer one. */
export function removeAnchor({ file, mac }: KeptAnchor): void {
  if (readAnchor(file)?.mac === mac) rmSync(file, { force: true })
}

/** Renames an anchor so that it is kept but no longer compared. @returns the new path, unless another server was faster */
export function setAnchorAside({ file }: KeptAnchor): string | undefined {
  if (!existsSync(file)) return undefined
  const aside = `${file}.before-restore`
  renameSync(file, aside)
  return aside
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(isAnchor)
      .map((name) => join(folder, name))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new AnchorError(`Cannot look for anchors of the audit log in "${folder}": ${(cause as Error).message}.`, { cause })
  }
}
