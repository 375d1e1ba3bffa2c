// A new secret or key, while calls go on.
import { renewOnce } from './refusal-scenarios.ts'
import { count, Ended, isSuccess, NotTested, type Scenario, type Stage } from './scenario.ts'

export const rotationScenarios: readonly Scenario[] = [
  {
    id: 'rotation',
    title: 'A new secret is used, and calls go on when the old one has ended',
    played:
      'An operator rotates the secret: the file is replaced while both secrets are valid, then the old secret ends with all tokens. In this scenario `CLIENT_SECRET` is not set, so a backend that does not read the file is not tested. With `--restart-on-rotation` it is set, and the backend is restarted.',
    remedy:
      'Read the secret again before each token request, or when the token endpoint answers invalid_client: from a file that is replaced, or from a vault. Or restart for a new secret while both are valid.',
    problem: 'invalid-client',
    needs: 'secret',
    replacesCredential: true,
    play: (stage) => playRotation(stage, 'secret', 'CLIENT_SECRET_FILE'),
  },
  {
    id: 'key-rotation',
    title: 'A new key signs, and calls go on when the old one has been removed',
    played:
      'With `--auth private_key_jwt`: an operator adds the public key of a new key, the files are replaced while both keys are registered, then the old key is removed with all tokens. In this scenario `CLIENT_KEY_FILE` and `CLIENT_KEY_ID` are not set, because a new key has another id: a backend that does not read `CLIENT_JWK_FILE` is not tested. With `--restart-on-rotation` they are set, and the backend is restarted.',
    remedy:
      'Read the key and its "kid" again before each token request, or when the token endpoint answers invalid_client: a JWK has both. Or restart for a new key while both are registered.',
    problem: 'invalid-client',
    needs: 'key',
    replacesCredential: true,
    play: (stage) => playRotation(stage, 'key', 'CLIENT_JWK_FILE'),
  },
]

async function playRotation(stage: Stage, word: 'secret' | 'key', file: string): Promise<void> {
  await startWithReplaceableFile(stage, word, file)
  const credential = await stage.sandbox.startRotation()
  if (stage.restartOnRotation) await stage.start(credential)
  else stage.replaceCredential(credential)
  for (let call = 0; call < 3; call++) {
    const answered = await stage.call()
    if (!isSuccess(answered)) stage.end(`while both ${word}s are valid a call got ${answered}`, 'a call that succeeds')
  }
  const before = stage.tokenRequests.length
  await stage.sandbox.endRotation()
  if (await stage.recovers(5000)) return
  const asked = stage.tokenRequests.slice(before)
  const failing = `calls fail for 5 s after the old ${word} and its tokens have ended`
  if (asked.length === 0)
    stage.expect(false, `${failing}: the API answers 401, and no token was requested`, 'a token that is requested after the 401', renewOnce)
  else if (asked.some(({ answered }) => answered === 200))
    stage.expect(false, `${failing}, although ${count(asked.length, 'token request')} got a token`, 'a call with the new token', renewOnce)
  else {
    const seen = `${failing}: ${count(asked.length, 'token request')} got ${asked.at(-1)?.answered}, as with the old ${word}`
    stage.expect(false, seen, `a token that is requested with the new ${word}`)
  }
}

/** @throws NotTested if the backend reads no file */
async function startWithReplaceableFile(stage: Stage, word: string, file: string): Promise<void> {
  try {
    await stage.warmUp()
  } catch (error) {
    if (!(error instanceof Ended) || stage.restartOnRotation) throw error
    stage.faults.length = 0
    throw new NotTested(
      `The backend gets no token with the ${word} in the file that ${file} names. Let it read that file before each token request, or run certify with --restart-on-rotation if a new ${word} comes with a restart.`,
    )
  }
}
