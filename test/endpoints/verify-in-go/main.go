// Verifies webhooks: those of v1 with the reference library of Standard Webhooks, those of v1a, which that library does not
// know, with ed25519 of Go. Reads a JSON object for each line of the standard input, and prints "ok" or the error for each.
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type request struct {
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func verify(line []byte) error {
	var given request
	if err := json.Unmarshal(line, &given); err != nil {
		return err
	}
	if key, isPublic := strings.CutPrefix(given.Secret, "whpk_"); isPublic {
		return verifyByPublicKey(key, given)
	}
	webhook, err := standardwebhooks.NewWebhook(given.Secret)
	if err != nil {
		return err
	}
	headers := http.Header{}
	for name, value := range given.Headers {
		headers.Set(name, value)
	}
	return webhook.Verify([]byte(given.Body), headers)
}

func verifyByPublicKey(key string, given request) error {
	public, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return errors.New("no public key of ed25519")
	}
	signed := given.Headers["webhook-id"] + "." + given.Headers["webhook-timestamp"] + "." + given.Body
	for _, one := range strings.Fields(given.Headers["webhook-signature"]) {
		value, isOurs := strings.CutPrefix(one, "v1a,")
		signature, err := base64.StdEncoding.DecodeString(value)
		if isOurs && err == nil && ed25519.Verify(public, []byte(signed), signature) {
			return nil
		}
	}
	return errors.New("no signature of this key")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := verify(lines.Bytes()); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
}
