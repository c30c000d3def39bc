# lrmigrate alone, without TensorFlow:  docker build -t lrmigrate . && docker run --rm -v "$PWD:/src" lrmigrate check
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /build/
COPY lrmigrate /build/lrmigrate
RUN pip install --no-cache-dir /build && rm -rf /build \
    && git config --system --add safe.directory /src
WORKDIR /src
ENV LRMIGRATE_NO_CACHE=1
ENTRYPOINT ["lrmigrate"]
