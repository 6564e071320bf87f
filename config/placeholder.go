package config

import "regexp"

// placeholder returns what is wrong with a text that stands where a key should be, but that a tool or a person has yet
// to replace; "" for a key. The message does not repeat the text. Such a text must not reach the cloud: each failed
// attempt counts toward the lock of the key.
func placeholder(text string) string {
	for _, form := range placeholderForms() {
		if form.pattern.MatchString(text) {
			return form.problem
		}
	}
	return ""
}

type placeholderForm struct {
	pattern *regexp.Regexp
	problem string
}

// placeholderForms returns the forms that are refused. A key may hold a dollar sign, so $NAME counts only as the whole
// text. No key holds ${NAME or {{, so that they count anywhere.
func placeholderForms() []placeholderForm {
	return []placeholderForm{
		{
			regexp.MustCompile(`^<secret>$`),
			"is the mark that /-/config shows instead of a secret",
		},
		{
			regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$|\$\{[A-Za-z_]|^\$\(.*\)$`),
			"is a reference to a variable, and variables are not expanded here",
		},
		{
			regexp.MustCompile(`(?s)\{\{.*\}\}|^\{\{`),
			"is part of a template that was not filled in",
		},
		{
			regexp.MustCompile(`(?s)^<.*>$`),
			"is a placeholder",
		},
	}
}
