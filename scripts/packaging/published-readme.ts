// A README.md outside of the repository: a link to another file of it leads nowhere there, so it becomes the name of that file.
import { join, normalize } from 'node:path'

/** Code is left as it is. */
const codeOrLink = /```[^]*?```|`[^`\n]*`|\[([^\]]+)\]\(((?!https?:|#)[^)#\s]+)(?:#[^)\s]*)?\)/g

/** @param folder of the package, relative to the root of the repository */
export function publishedReadme(text: string, folder: string): string {
  return text.replace(codeOrLink, (all, label: string | undefined, target: string) => {
    if (label === undefined) return all
    const file = normalize(join(folder, target))
    return label.includes(file) || label.includes(target) ? `\`${file}\` of the repository` : `${label} (\`${file}\` of the repository)`
  })
}
