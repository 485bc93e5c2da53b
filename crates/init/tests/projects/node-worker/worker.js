const timer = setInterval(() => console.log('swept'), 500)
process.on('SIGTERM', () => {
  clearInterval(timer)
  console.log('done')
})
