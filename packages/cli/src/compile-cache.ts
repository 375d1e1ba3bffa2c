// What Node has compiled of this command, kept for the next start, which takes a fifth less time then. Nothing depends on it: where
// there is no safe place for it, every start compiles anew.
import { mkdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What is loaded before this is called is not kept. */
export function keepCompiled(): void {
  try {
    const folder = join(cacheFolder(), 'compiled')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Whoever can write there decides what this process runs: nobody else may, as under a HOME that "sudo" left as it was.
    const { uid, mode } = statSync(folder)
    if (uid === process.getuid?.() && (mode & 0o022) === 0) enableCompileCache(folder)
  } catch {
    // No home, or none that can be written.
  }
}

/** That of the service where systemd made one (`CacheDirectory=`), else that of the user. */
function cacheFolder(): string {
  const { CACHE_DIRECTORY: ofService, XDG_CACHE_HOME: ofUser } = process.env
  return ofService || join(ofUser || join(homedir(), '.cache'), 'countersign') // What is empty counts as absent.
}
