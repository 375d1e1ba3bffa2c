// `npm run pictures`: writes pictures of the most important pages into docs/pictures, with the data of the demo. A change of a page is seen by
// the difference.
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { skipWithoutBrowser } from '../conformance/pages/browser.ts'
import { refuseCallOfAcme } from '../conformance/pages/jobs.ts'
import { openPage, openPages, type OpenedPages, type OpenedTab } from '../conformance/pages/opened-pages.ts'
import { fullRealm, signIn } from '../conformance/pages/served-pages.ts'

const folder = join(import.meta.dirname, '../docs/pictures')
/** Pixels: what fits. */
const height = 720
const maxKilobytes = 120

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
  await takePicture(integrator, 'portal-home', `${origin}/portal`)
}

async function takePicture({ tab, takeFaults }: OpenedTab, name: string, url: string): Promise<void> {
  await openPage(tab, url)
  const path = join(folder, `${name}.png`)
  await tab.screenshot({ path, clip: { x: 0, y: 0, width: 1280, height } })
  const kilobytes = Math.ceil(statSync(path).size / 1000)
  process.stdout.write(`${path}: ${kilobytes} KB\n`)
  const faults = [...takeFaults(), ...(kilobytes > maxKilobytes ? [`${kilobytes} KB, of at most ${maxKilobytes}`] : [])]
  if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`)
}
