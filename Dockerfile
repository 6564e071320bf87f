# Build: docker build --build-arg VERSION=$(git describe --tags --always) -t mongodb_backup_exporter .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ARG REVISION=unknown
RUN CGO_ENABLED=0 go build -trimpath \
    -ldflags "-s -w -X github.com/prometheus/common/version.Version=${VERSION} -X github.com/prometheus/common/version.Revision=${REVISION}" \
    -o /mongodb_backup_exporter . \
    && mkdir /state

FROM gcr.io/distroless/static-debian12:nonroot
LABEL org.opencontainers.image.title="mongodb_backup_exporter" \
      org.opencontainers.image.description="Prometheus exporter for the backup health of managed MongoDB" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /mongodb_backup_exporter /mongodb_backup_exporter
# For --storage.path, with a volume mounted there.
COPY --from=build --chown=nonroot:nonroot /state /var/lib/mongodb_backup_exporter
USER nonroot
EXPOSE 10217
ENTRYPOINT ["/mongodb_backup_exporter"]
CMD ["serve", "--config.file=/etc/mongodb_backup_exporter/mongodb_backup_exporter.yml"]
