// Caches the code that Node has compiled for this command, which makes the next start a fifth faster. The cache is optional: without a
// safe folder for it, every start compiles again.
import { mkdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Modules that are loaded before this call are not cached. */
export function keepCompiled(): void {
  try {
    const folder = join(cacheFolder(), 'compiled')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // A user with write access to the cache decides what this process runs. So no other user may have it, as under a HOME that "sudo"
    // left unchanged.
    const { uid, mode } = statSync(folder)
    if (uid === process.getuid?.() && (mode & 0o022) === 0) enableCompileCache(folder)
  } catch {
    // No home folder, or none that is writable.
  }
}

/** The cache folder of the service if systemd created one (`CacheDirectory=`), otherwise that of the user. */
function cacheFolder(): string {
  const { CACHE_DIRECTORY: ofService, XDG_CACHE_HOME: ofUser } = process.env
  return ofService || join(ofUser || join(homedir(), '.cache'), 'countersign') // An empty variable counts as unset.
}
