// Package deploy tests what is shipped to deploy with: the mixin by go-jsonnet, the compose files by the library of docker
// compose. It is a module of its own, so that the exporter does not depend on either.
package deploy
