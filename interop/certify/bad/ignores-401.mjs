// A token is used until it expires by its own count, whatever the API says.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  isAboutToken() {
    return false
  }
}

serve(new Bad())
