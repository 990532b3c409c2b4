FROM golang:1.26.8@sha256:9d2f36f06329b2a141b9db99ffa32765cf695ee57b813ca29e245e8670bcbfff AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# No cgo: one static file that needs nothing of the image it runs in.
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/ltipolicy . \
 && install -d -m 0700 /out/data

FROM scratch
# Moodle's key sets and services are called over https.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/ltipolicy /ltipolicy
# For LTIPOLICY_DATABASE=sqlite:/data/ltipolicy.db; mount a volume there. Its key file comes to lie beside it, unless
# LTIPOLICY_SECRET_KEY_FILE names another, such as a secret at /run/secrets.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
ENV LTIPOLICY_LISTEN=:8080
EXPOSE 8080
ENTRYPOINT ["/ltipolicy"]
CMD ["serve"]
