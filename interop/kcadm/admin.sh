# Finds a client, generates a new secret for it, and prints the secret for the program that started this one.
# The argument is the folder in which Keycloak's distribution was unpacked.
set -eu
folder=$1
config=$(mktemp)
trap 'rm -f "$config"' EXIT
run() { sh "$folder"/keycloak-*/bin/kcadm.sh "$@" --config "$config"; }
run config credentials --server "$SERVER_URL" --realm operators --client "$OPERATOR_ID" --secret "$OPERATOR_SECRET" >&2
client=$(run get clients -r "$REALM" -q "clientId=$CLIENT_ID" --fields id,clientId,enabled --format csv --noquotes)
echo "found $(echo "$client" | cut -d, -f2,3 | tr ',' ' ')"
id=$(echo "$client" | cut -d, -f1)
# "create" has no CSV.
echo "secret $(run create "clients/$id/client-secret" -r "$REALM" -o --fields value | sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')"
