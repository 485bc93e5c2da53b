const router = require('express').Router()

router.post('/', (request, response) => response.status(201).json(request.body))
router.get('/:id', (request, response) => response.json({}))
router.put('/:id', (request, response) => response.json({}))
router.delete('/:id', (request, response) => response.status(204).end())

module.exports = router
