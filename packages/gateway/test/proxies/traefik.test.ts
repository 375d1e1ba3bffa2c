import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'
import { skipWithoutTraefik, traefik } from './traefik.fixture.ts'

testProxy({
  name: 'Traefik',
  skip: skipWithoutTraefik(),
  version: () => versionOf(traefik, 'version'),
  limits: { waitsForGateway: true, believesAnyYes: true },
  prepare(stack) {
    copyFiles(stack, 'traefik/traefik.yaml', 'traefik/countersign.yaml')
    return [traefik, '--configfile=traefik.yaml']
  },
})
