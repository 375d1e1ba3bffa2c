// A file system of a few kilobytes, for tests and programs with a full disk: the errors are those of the real system.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  /** Empty at first; removed after the test or by the program. */
  readonly folder: string
  /** Leaves no byte free. */
  fill(): void
  /** Makes room again. */
  free(): void
}

export function aSmallDisk(t: { after(clean: () => void): void }, kibibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-disk-'))
  mount(folder, kibibytes)
  t.after(() => {
    unmount(folder)
    rmdirSync(folder)
  })
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      for (const size of [1_048_576, 4096, 1]) {
        try {
          for (;;) appendFileSync(ballast, Buffer.alloc(size))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    },
    free: () => rmSync(ballast),
  }
}

/** Value for the `skip` of a test: false, or why no file system can be mounted. */
export function skipWithoutSmallDisk(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can mount a small disk'
  const folder = mkdtempSync(join(tmpdir(), 'countersign-disk-'))
  try {
    mount(folder, 64)
    unmount(folder)
    return false
  } catch (error) {
    return `no small disk can be mounted here: ${(error as Error).message}`
  } finally {
    rmdirSync(folder)
  }
}

function mount(folder: string, kibibytes: number): void {
  run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=700`, 'tmpfs', folder)
}

/** Works also while a process has a file open there. */
function unmount(folder: string): void {
  run('umount', '--lazy', folder)
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`"${program} ${args.join(' ')}" failed: ${stderr.trim()}`)
}
