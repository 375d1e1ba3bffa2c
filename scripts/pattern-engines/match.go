// Reads lines of a pattern and a text in base64; writes whether the text matches, or why the pattern cannot be read.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func decode(part string) string {
	bytes, _ := base64.StdEncoding.DecodeString(part)
	return string(bytes)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		pattern, text, _ := strings.Cut(lines.Text(), "\t")
		matched, err := regexp.MatchString(decode(pattern), decode(text))
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(matched)
		}
	}
}
