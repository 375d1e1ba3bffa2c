// `npm run pages`: opens every page in both themes and widths, in every state, and keeps a picture of each.
import { parseArgs } from 'node:util'
import { launchBrowser, skipWithoutBrowser, themes, widths } from './browser.ts'
import { loopPages } from './loop.ts'
import { servePages } from './served-pages.ts'

const help = `Opens every page of the console and of the portal in a browser, in both themes and widths, with data, without, with failing reads, and those
of the console without scopes.

  npm run pages                          all pages
  npm run pages -- --only partners       pages whose path has this text
  npm run pages -- --only /portal        those of the portal; /console for the others
  npm run pages -- --theme dark --width 360
  npm run pages -- --pictures FOLDER     where the pictures are kept (default: .countersign/pages)`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    theme: { type: 'string', default: '' },
    width: { type: 'string', default: '' },
    pictures: { type: 'string', default: '.countersign/pages' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
} else if (skipWithoutBrowser) {
  console.error(`${skipWithoutBrowser}. On Debian: apt-get install chromium`)
  process.exitCode = 1
} else {
  const served = await servePages()
  const browser = await launchBrowser()
  const looks = themes
    .flatMap((theme) => widths.map((width) => ({ theme, width })))
    .filter(({ theme, width }) => theme.startsWith(values.theme) && String(width).startsWith(values.width))
  const found = await loopPages(browser, served, {
    looks,
    only: values.only,
    pictures: values.pictures,
    onPage: (name, faults) => console.log(faults.length === 0 ? `✔ ${name}` : `✖ ${name}\n    ${faults.join('\n    ')}`),
  })
  await browser.close()
  await served.close()
  const failed = [...found.values()].filter((faults) => faults.length > 0).length
  console.log(`\n${found.size - failed} passed, ${failed} failed. Pictures: ${values.pictures}`)
  process.exitCode = failed === 0 && found.size > 0 ? 0 : 1
}
