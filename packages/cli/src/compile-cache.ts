// Caches the code that Node has compiled for this command, which makes the next start a fifth faster. The cache is optional: without a
// safe folder for it, every start compiles again.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Node removes nothing from the cache, so each upgrade adds some megabytes to it. It is begun anew after this time. */
const keptMs = 30 * 86_400_000

/** Modules that are loaded before this call are not cached. */
export function keepCompiled(): void {
  try {
    const folder = join(cacheFolder(), 'compiled')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // A user with write access to the cache decides what this process runs. So no other user may have it, as under a HOME that "sudo"
    // left unchanged.
    const { uid, mode, birthtimeMs } = statSync(folder)
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return
    if (isOld(birthtimeMs)) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { mode: 0o700 })
    }
    enableCompileCache(folder)
  } catch {
    // No home folder, or none that is writable.
  }
}

/** @param begunAt 0 on a file system that does not keep it */
function isOld(begunAt: number): boolean {
  return begunAt > 0 && Date.now() - begunAt > keptMs
}

/** The cache folder of the service if systemd created one (`CacheDirectory=`), otherwise that of the user. */
function cacheFolder(): string {
  const { CACHE_DIRECTORY: ofService, XDG_CACHE_HOME: ofUser } = process.env
  return ofService || join(ofUser || join(homedir(), '.cache'), 'countersign') // An empty variable counts as unset.
}
