# make image builds this for the machine at hand. For several architectures, with the same --build-arg flags:
#   docker buildx build --platform=linux/amd64,linux/arm64 --push --tag=REGISTRY/mongodb_backup_exporter:VERSION .
# To build the same image twice, name both bases by digest: --build-arg BUILD_IMAGE=golang@sha256:… BASE_IMAGE=….
# Dependabot does not read arguments: the bases are changed by hand (CONTRIBUTING.md). A test holds Go's version to go.mod.
ARG BUILD_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot
ARG VERSION=0.1.0

# Go compiles for every architecture, so the build runs on that of the builder.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
ARG REVISION
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath \
    -ldflags "-s -w -X github.com/prometheus/common/version.Version=${VERSION} -X github.com/prometheus/common/version.Revision=${REVISION}" \
    -o /mongodb_backup_exporter . \
    && mkdir /state

FROM ${BASE_IMAGE}
ARG VERSION
ARG REVISION
# The time of the build or of the commit, as 2006-01-02T15:04:05Z.
ARG CREATED
ARG SOURCE=https://github.com/mongodb-backup-exporter/mongodb_backup_exporter
LABEL org.opencontainers.image.title="mongodb_backup_exporter" \
      org.opencontainers.image.description="Prometheus exporter for the backup health of managed MongoDB" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /mongodb_backup_exporter /mongodb_backup_exporter
# For --storage.path, with a volume mounted there.
COPY --from=build --chown=65532:65532 /state /var/lib/mongodb_backup_exporter
# A number, because Kubernetes cannot tell of a name that it is not root.
USER 65532:65532
EXPOSE 10217
# It asks http://127.0.0.1:10217. With TLS or another address, override it: health has --url and --insecure.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/mongodb_backup_exporter", "health"]
ENTRYPOINT ["/mongodb_backup_exporter"]
CMD ["serve", "--config.file=/etc/mongodb_backup_exporter/mongodb_backup_exporter.yml"]
