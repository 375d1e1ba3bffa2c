// The files that the rules of this folder check: those that git tracks or would track, with the modules that they import.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

export interface SourceFile {
  /** Relative to the root of the project, with "/". */
  readonly path: string
  readonly text: string
}

/** All files of the project that are not ignored, including new ones. */
export const tree: readonly SourceFile[] = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: root,
})
  .toString()
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

export const code = tree.filter(({ path }) => /\.m?tsx?$/.test(path))

/** The code that is run or published: no tests and no fixtures. */
export const productCode = code.filter(({ path }) => !/\.(?:test|fixture)\.ts$/.test(path))

export function pathsWith(pattern: RegExp, files: readonly SourceFile[]): string[] {
  return files.filter(({ text }) => pattern.test(text)).map(({ path }) => path)
}

// A specifier contains no space, which distinguishes it from the text between two strings that end in "from".
const importSpecifier = /\b(?:from|import)\s*\(?\s*(['"])([^'"\s]+)\1/g

/** The module specifiers of static, type-only, side-effect and dynamic imports and of re-exports. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(importSpecifier)].map((match) => match[2] ?? '')
}
