// `npm run pictures`: writes pictures of the most important pages into docs/pictures, with the data of the demo. A change of a page is seen by
// the difference.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { skipWithoutBrowser } from '../conformance/pages/browser.ts'
import { refuseCallOfAcme } from '../conformance/pages/jobs.ts'
import { openPage, openPages, type OpenedPages, type OpenedTab } from '../conformance/pages/opened-pages.ts'
import { fullRealm, signIn } from '../conformance/pages/served-pages.ts'

const folder = join(import.meta.dirname, '../docs/pictures')
/** Pixels. */
const width = 1280
const maxHeight = 900
const maxBytes = 120_000

if (skipWithoutBrowser) throw new Error(`${skipWithoutBrowser}.`)
mkdirSync(folder, { recursive: true })
const pages = await openPages()
try {
  await takePictures(pages)
} finally {
  await pages.close()
}

async function takePictures({ origin, admin, demo, openTab }: OpenedPages): Promise<void> {
  const { requestId } = await refuseCallOfAcme(pages, 'Contract ended')
  const { items } = await admin.call('rotation.list', { params: { realm: fullRealm } })
  const { client } = items.find(({ name }) => name === 'Backend of iris')!
  const operator = await openTab()
  const console = {
    overview: `/${fullRealm}`,
    rotation: `/${fullRealm}/rotation/${client}`,
    explain: `/explain/${requestId}`,
    organization: `/${fullRealm}/organizations/acme`,
    refusals: `/${fullRealm}/refusals`,
  }
  for (const [name, path] of Object.entries(console)) await takePicture(operator, `console-${name}`, `${origin}/console${path}`)
  if (!existsSync(join(import.meta.dirname, '../packages/web/src/portal/main.tsx'))) return
  const integrator = await openTab({ operator: null })
  const { clientId, clientSecret } = demo.systems['novatrade24']!.clients['acme']!
  await signIn(integrator.tab, origin, { realm: fullRealm, clientId, clientSecret }, '/portal')
  integrator.takeFaults() // Before the sign-in the page was told that there is no session.
  await takePicture(integrator, 'portal-home', `${origin}/portal`)
}

/** As much of the page, from the top, as fits into a picture. */
async function takePicture({ tab, takeFaults }: OpenedTab, name: string, url: string): Promise<void> {
  await openPage(tab, url)
  const path = join(folder, `${name}.png`)
  let height = maxHeight
  let picture = await tab.screenshot({ clip: { x: 0, y: 0, width, height } })
  while (picture.length > maxBytes) {
    height -= 40
    picture = await tab.screenshot({ clip: { x: 0, y: 0, width, height } })
  }
  writeFileSync(path, picture)
  process.stdout.write(`${path}: ${height} pixels high, ${Math.ceil(picture.length / 1000)} KB\n`)
  const faults = takeFaults()
  if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`)
}
