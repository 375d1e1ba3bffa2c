// The programs in the pages for other languages and in docs/verify.md: each block of code under a comment that names a file of interop/ is
// that file, or the parts of it between "region docs" and "endregion". A reader can save it as a file: a part of a PHP file begins as the file does.
import { readFileSync } from 'node:fs'

export const pagesWithPrograms = [
  'docs/verify.md',
  ...['spring', 'java', 'go', 'python', 'rust', 'php', 'dotnet'].map((name) => `docs/languages/${name}.md`),
]

const block = /^<!-- program (interop\/[\w./-]+)(?:#(\w[\w-]*))? -->\n```(\w+)\n[^]*?^```$/gm

export function withPrograms(page: string, read = (file: string) => readFileSync(file, 'utf8')): string {
  return page.replaceAll(block, (_block, file: string, region: string | undefined, language: string) => {
    const name = region === undefined ? '' : `#${region}`
    return `<!-- program ${file}${name} -->\n\`\`\`${language}\n${programOf(read(file), region ?? 'docs')}\n\`\`\``
  })
}

export function programOf(text: string, region: string): string {
  const parts = [...text.matchAll(new RegExp(`^ *(?://|#) region ${region}\\n(.*?)\\n *(?://|#) endregion`, 'gms'))].map(([, part]) => part)
  if (parts.length === 0) return unindent(text).trim()
  const opening = text.startsWith('<?php\n') ? '<?php\n' : ''
  return (
    opening +
    unindent(parts.join('\n'))
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()
  )
}

function unindent(text: string): string {
  const lines = text.split('\n')
  const widths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const width = Math.min(...widths)
  return lines.map((line) => line.slice(width)).join('\n')
}
