use std::io::stdin;
// region docs
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use std::error::Error;

pub struct Realm<'a> {
    pub issuer: &'a str,
    pub audience: Option<&'a str>,
    pub jwks_uri: &'a str,
    pub typ: Option<&'a str>,
    pub algorithm: Algorithm,
}

pub fn verify(token: &str, realm: &Realm) -> Result<Value, Box<dyn Error>> {
    let header = decode_header(token)?;
    if header.typ.as_deref() != realm.typ {
        return Err("not an access token of this realm".into()); // jsonwebtoken does not look at the type
    }
    // Keep the keys for five minutes, and read them again for an unknown "kid".
    let keys: JwkSet = ureq::get(realm.jwks_uri).call()?.into_json()?;
    let key = keys.find(header.kid.as_deref().unwrap_or_default()).ok_or("unknown key")?;
    let mut validation = Validation::new(realm.algorithm); // never the algorithm of the token's header
    validation.leeway = 2; // 60 seconds by default
    validation.set_issuer(&[realm.issuer]);
    validation.set_required_spec_claims(&["iss", "exp", "sub"]);
    match realm.audience {
        Some(audience) => {
            validation.set_audience(&[audience]);
            validation.required_spec_claims.insert("aud".into());
        }
        None => validation.validate_aud = false,
    }
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}
// endregion

#[allow(dead_code)] // where it is a module of the route
fn main() {
    let filled = |part: &'static str| Some(part).filter(|part| !part.is_empty());
    for line in stdin().lines() {
        let parts: Vec<&'static str> = line.unwrap().leak().split('\t').collect();
        let [issuer, audience, jwks_uri, typ, algorithm, token] = parts[..] else { panic!("six fields") };
        let algorithm = algorithm.parse().unwrap();
        let realm = Realm { issuer, audience: filled(audience), jwks_uri, typ: filled(typ), algorithm };
        match verify(token, &realm) {
            Ok(claims) => println!("ok {}", claims["client_id"].as_str().unwrap_or_default()),
            Err(error) => println!("refused {error}"),
        }
    }
}
