# escape=`
FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
WORKDIR app
RUN dir `
    C:\
USER ContainerUser
